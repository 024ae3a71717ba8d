"""`python -m server`: the same as `fourfold`."""

from server.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
