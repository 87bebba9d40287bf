"""How a program starts a wallet: `python -m loadtests.wallet '{"store": "sqlite:wallet.db", "port": 0}'`.

People use `coinworks wallet`; see `loadtests.wallet.process` for the program's side.
"""

import sys

import msgspec

from loadtests.wallet.service import serve
from loadtests.wallet.settings import Settings
from sim.ledger import CoinworksError


def main() -> int:
    """Serve with the settings of the one argument; 1 and one line when that cannot be."""
    try:
        serve(msgspec.json.decode(sys.argv[1], type=Settings), announce=lambda _ready: None)
    except CoinworksError as error:
        sys.stderr.writelines(f"coinworks: {line}\n" for line in str(error).splitlines())
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
