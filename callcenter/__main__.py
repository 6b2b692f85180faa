"""`python -m callcenter` is the same as the console script `callcenter`."""

from callcenter.main import cli

cli()
