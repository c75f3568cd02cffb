"""``python -m geoapp`` is the ``geoapp`` command."""

from geoapp.cli import main

if __name__ == "__main__":
    main()
