"""`python -m auditkit`: the same as the program `auditkit`."""

from auditkit.cli.app import main

if __name__ == "__main__":
    main()
