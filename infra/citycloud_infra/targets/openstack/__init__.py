"""The things as OpenStack has them, one function a kind; `pulumi_openstack` is imported here and nowhere else."""
