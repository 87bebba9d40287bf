"""What the locustfile does before and after when Locust was started by hand: compile the plan, and reckon.

    python -m loadtests.replay.alone prepare RUN FOLDER --target http://127.0.0.1:8787 [--speed 30000]
    python -m loadtests.replay.alone reckon RUN FOLDER [--late-limit 20ms]

In a process of its own, because Locust's is patched by gevent and DuckDB doesn't live there.
"""

import argparse
import os
import sys
from pathlib import Path

from loadtests.remote_wallet import RemoteWallet
from loadtests.replay.plan import column, prepare, read_plan
from loadtests.traffic import read_traffic
from loadtests.trial import Conditions, reckon
from loadtests.verdict import LATE_MS_DEFAULT, parse_duration_ms
from sim.ledger import CoinworksError


def main() -> int:
    """Do one of the two; returns the exit status."""
    parser = argparse.ArgumentParser(prog="loadtests.replay.alone")
    parser.add_argument("step", choices=("prepare", "reckon"))
    parser.add_argument("run")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--target", default="")
    parser.add_argument("--speed", type=float)
    parser.add_argument("--late-limit", default=f"{LATE_MS_DEFAULT:g}ms")
    asked = parser.parse_args()
    try:
        conditions = Conditions(speed=asked.speed, late_ms=parse_duration_ms(asked.late_limit))
        return _prepare(asked, conditions) if asked.step == "prepare" else _reckon(asked, conditions)
    except CoinworksError as error:
        sys.stderr.writelines(f"coinworks: {line}\n" for line in str(error).splitlines())
        return error.exit_code


def _prepare(asked: argparse.Namespace, conditions: Conditions) -> int:
    token = os.environ.get("COINWORKS_TOKEN", "")
    if not (asked.run and asked.target and token):
        raise CoinworksError("expected --run RUN, --host URL and the service token in COINWORKS_TOKEN")
    trace = read_traffic(asked.run).trace
    with RemoteWallet(asked.target, token) as wallet:
        prepare(trace, asked.folder, wallet, conditions.pace(trace))
    return 0


def _reckon(asked: argparse.Namespace, conditions: Conditions) -> int:
    traffic = read_traffic(asked.run)
    plan = read_plan(asked.folder)
    state = column(asked.folder, "progress").tolist()[-1]
    with RemoteWallet(plan.target, plan.service_token) as wallet:
        trial = reckon(asked.folder, state, traffic.trace, wallet, conditions, traffic.balances)
    if traffic.folder is not None:
        trial.write(traffic.folder)
    sys.stdout.write(f"coinworks: {trial.verdict}\n")
    return trial.verdict.exit_code


if __name__ == "__main__":
    sys.exit(main())
