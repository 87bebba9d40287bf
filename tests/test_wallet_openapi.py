"""The contract as OpenAPI: valid, complete, and kept by a running wallet."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance

from loadtests.wallet.openapi import ENDPOINTS, document
from loadtests.wallet.problems import DECLINES
from loadtests.wallet.process import WalletProcess, start_wallet
from loadtests.wallet.wire import OPS
from sim.ledger import Op, Outcome
from sim.ledger.operations import READS
from wallets import client, furnish

EXAMPLES = 12


@pytest.fixture(scope="module")
def wallet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalletProcess]:
    with start_wallet(tmp_path_factory.mktemp("wallet") / "wallet.db") as wallet:
        with client(wallet) as http:
            furnish(http)
        yield wallet


def test_every_reference_leads_somewhere() -> None:
    schemas = document()["components"]["schemas"]
    referred = set(re.findall(r"#/components/schemas/(\w+)", str(document())))
    assert referred == schemas.keys()


def test_every_operation_and_every_decline_is_described() -> None:
    schemas = document()["components"]["schemas"]
    assert (
        set(schemas["OperationBody"]["properties"]["op"]["enum"])
        == {op.code for op in Op if op not in READS}
        == OPS.keys()
    )
    assert DECLINES.keys() == set(Outcome) - {Outcome.ACCEPTED}


def test_the_wallet_serves_this_very_document(wallet: WalletProcess) -> None:
    with client(wallet) as http:
        assert http.get("/openapi.json").json() == document()


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_a_running_wallet_keeps_its_contract(endpoint, wallet: WalletProcess) -> None:
    operation = schemathesis.openapi.from_dict(document())[endpoint.path][endpoint.method]
    headers = {"Authorization": f"Bearer {wallet.token}"}

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=st.data())
    def check(case: st.DataObject) -> None:
        drawn = case.draw(operation.as_strategy())
        # Which fields an operation takes, the ledger says and no schema: valid data may well make no sense.
        drawn.call_and_validate(base_url=wallet.url, headers=headers, excluded_checks=[positive_data_acceptance])

    check()


def test_the_contract_lists_what_the_application_routes() -> None:
    source = (Path(__file__).parents[1] / "loadtests/wallet/app.py").read_text()
    assert len({endpoint.name for endpoint in ENDPOINTS}) == len(ENDPOINTS)
    for endpoint in ENDPOINTS:
        assert f'"{endpoint.name}":' in source or f'"{endpoint.path}":' in source
