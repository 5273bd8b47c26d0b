"""``python -m simhelm`` is the command ``simhelm``."""

from simhelm.cli import main

if __name__ == "__main__":
    main()
