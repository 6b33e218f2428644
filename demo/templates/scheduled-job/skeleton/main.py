"""${{ values.name }}: say here what it loads, and from where."""

import logging


def main() -> None:
    logging.info("${{ values.name }} has nothing to do yet")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    main()
