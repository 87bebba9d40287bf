"""The wallet's README is executed: its first conversation runs as it stands."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from loadtests.wallet.openapi import ENDPOINTS
from loadtests.wallet.process import start_wallet

README = (Path(__file__).parents[1] / "loadtests/wallet/README.md").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the conversation is held with curl")
def test_the_first_conversation_goes_as_told(tmp_path: Path) -> None:
    told = next(block for block in re.findall(r"```\n(.*?)```", README, re.DOTALL) if "post()" in block)
    with start_wallet(tmp_path / "wallet.db", clock="wall") as wallet:
        script = told.replace("http://127.0.0.1:8765", wallet.url)
        said = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=20).stdout
    answers = [json.loads(line) for line in said.splitlines()]
    assert [(answer["outcome"], answer["replayed"]) for answer in answers] == [("accepted", False)] * 3 + [
        ("accepted", True)
    ]


def test_every_address_is_listed() -> None:
    listed = README.replace("`…/history`", "`GET /v1/accounts/{book}/{account}/history`")
    listed = listed.replace("`…/entries`", "`GET /v1/books/{book}/entries`")
    assert [endpoint.path for endpoint in ENDPOINTS if endpoint.path not in listed] == []
