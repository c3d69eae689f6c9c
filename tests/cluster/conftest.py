"""Who uses the command line in these tests."""

from collections.abc import Callable

import pytest
from tests.support.cli import Citycloud
from tests.support.kube import User


@pytest.fixture
def clerk(member: Callable[..., User]) -> Callable[[str], Citycloud]:
    """Be the clerk who asks for an organisation."""
    return lambda office: Citycloud(member("nhan-vien", f"{office}-admins").kubeconfig)


@pytest.fixture
def approver(member: Callable[..., User]) -> Citycloud:
    """Be an approver of the city."""
    return Citycloud(member("lanh-dao", "citycloud-approvers").kubeconfig)
