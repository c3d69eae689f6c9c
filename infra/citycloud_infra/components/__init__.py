"""The parts of the city as Pulumi components; what they are made of comes from a `Cloud`, so that they run without one as well."""
