"""Where the components' things are really made: by OpenStack, or by nobody (`plan`). Only here and in components is Pulumi known."""
