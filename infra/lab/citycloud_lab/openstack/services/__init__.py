"""What runs inside the laboratory's own virtual environment, where OpenStack is and the city's packages are not."""
