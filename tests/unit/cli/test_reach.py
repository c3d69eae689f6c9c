"""`citycloud reach` as its user sees it: the answer, the exit status, and one line where there is none."""

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

POLICIES_OF_B = "/apis/networking.k8s.io/v1/namespaces/b/networkpolicies"


def test_an_allowed_connection_exits_with_zero_and_names_the_rule(run: "Run") -> None:
    result = run("reach", "a/web", "b/db")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "from": "a/web",
        "to": "b/db",
        "protocol": "TCP",
        "port": 8443,
        "allowed": True,
        "egress": {
            "allowed": True,
            "reason": "notIsolated",
            "policies": [],
            "rule": None,
            "text": "not isolated: no NetworkPolicy selects this pod in this direction",
        },
        "ingress": {"allowed": True, "reason": "rule", "policies": ["b/in"], "rule": 1, "text": "rule 1 of b/in"},
    }


@pytest.mark.parametrize("arguments", [("--port", "80"), ("--protocol", "udp")])
def test_a_refused_connection_exits_with_one(run: "Run", arguments: tuple[str, ...]) -> None:
    result = run("reach", "a/web", "b/db", *arguments)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["ingress"]["policies"] == ["b/in"]


@pytest.mark.parametrize(
    ("language", "word", "text"),
    [("vi", "ĐƯỢC PHÉP", "quy tắc 1 của b/in"), ("en", "ALLOWED", "rule 1 of b/in")],
)
def test_people_get_a_table_in_their_language(run: "Run", language: str, word: str, text: str) -> None:
    result = run("reach", "a/web", "b/db", "--output", "table", "--lang", language, COLUMNS="160")
    assert "a/web → b/db TCP 8443" in result.stdout
    assert word in result.stdout
    assert text in result.stdout


def test_an_address_outside_is_judged_by_the_pods_end(run: "Run") -> None:
    assert run("reach", "a/web", "192.0.2.1").exit_code == 0
    refused = run("reach", "2001:db8::1", "b/db")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["egress"]["reason"] == "outside"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("web", "b/db"), "web is neither NAMESPACE/POD nor an IP address"),
        (("10.0.0.0/8", "b/db"), "10.0.0.0/8 is neither"),
        (("2001:db8::/32", "b/db"), "2001:db8::/32 is neither"),
        (("a/../b", "b/db"), "a/../b is neither"),
        (("a/web?x", "b/db"), "a/web?x is neither"),
        (("192.0.2.1", "192.0.2.2"), "both outside the cluster"),
        (("a/gone", "b/db"), "There is no pods/gone -n a"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(run: "Run", arguments: tuple[str, ...], said: str) -> None:
    result = run("reach", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize("path", ["/api/v1/namespaces/b/pods/db", POLICIES_OF_B])
def test_what_may_not_be_read_is_said(run: "Run", objects: dict[str, Any], path: str) -> None:
    objects[path] = "forbidden"
    result = run("reach", "a/web", "b/db", "--lang", "vi")
    assert result.exit_code == 2
    assert "Bạn không có quyền đọc" in result.stderr
    assert "-n b" in result.stderr


def test_labels_that_may_not_be_read_do_not_matter_where_the_name_decides(run: "Run", objects: dict[str, Any]) -> None:
    objects["/api/v1/namespaces/a"] = "forbidden"
    assert run("reach", "a/web", "b/db").exit_code == 0
    assert run("reach", "a/web", "b/db", "--port", "1").exit_code == 1


def test_labels_that_may_not_be_read_are_said_where_they_decide(run: "Run", objects: dict[str, Any]) -> None:
    objects["/api/v1/namespaces/a"] = "forbidden"
    rule = objects[POLICIES_OF_B]["items"][0]["spec"]["ingress"][0]
    rule["from"] = [{"namespaceSelector": {"matchLabels": {"team": "red"}}}]
    result = run("reach", "a/web", "b/db")
    assert result.exit_code == 2
    assert "b/in looks at labels of namespace a, which you may not read" in result.stderr
    assert run("reach", "a/web", "b/db", "--port", "1").exit_code == 1


def test_a_pod_on_the_nodes_network_gets_no_answer(run: "Run", objects: dict[str, Any]) -> None:
    objects["/api/v1/namespaces/b/pods/db"]["spec"]["hostNetwork"] = True
    result = run("reach", "a/web", "b/db")
    assert result.exit_code == 2
    assert "b/db is on the node's network" in result.stderr


def test_a_policy_that_is_not_understood_gets_no_answer(run: "Run", objects: dict[str, Any]) -> None:
    objects[POLICIES_OF_B]["items"][0]["spec"]["ingress"][0]["tier"] = "new"
    result = run("reach", "a/web", "b/db")
    assert result.exit_code == 2
    assert "NetworkPolicy b/in" in result.stderr


@pytest.mark.parametrize("arguments", [("--port", "0"), ("--port", "65536"), ("--protocol", "icmp"), ("--lang", "fr"), ("--output", "xml")])
def test_wrong_options_exit_with_two(run: "Run", arguments: tuple[str, ...]) -> None:
    assert run("reach", "a/web", "b/db", *arguments).exit_code == 2


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"LANG": "vi_VN.UTF-8"}, "không phải"),
        ({"LANG": "vi"}, "không phải"),
        ({"LANG": "en_US.UTF-8"}, "is neither"),
        ({"LANG": "vi_VN.UTF-8", "LC_ALL": "C.UTF-8"}, "is neither"),
        ({"LANG": "C", "LC_MESSAGES": "vi_VN"}, "không phải"),
        ({}, "is neither"),
    ],
)
def test_the_locale_gives_the_language(run: "Run", environment: dict[str, str], said: str) -> None:
    assert said in run("reach", "web", "db", **environment).stderr


def test_help_is_in_both_languages(run: "Run") -> None:
    text = " ".join(run("reach", "--help", COLUMNS="400").stdout.split())
    assert "Pod này có được kết nối tới pod kia không" in text
    assert "May this pod connect to that one" in text
