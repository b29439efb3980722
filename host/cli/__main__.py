"""`python -m host.cli`: the same as `irodori`."""

from host.cli import main

if __name__ == "__main__":
    main()
