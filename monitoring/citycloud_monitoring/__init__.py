"""What watches over citycloud: alerts, recording rules and routes as data, and what is generated and proven from them."""
