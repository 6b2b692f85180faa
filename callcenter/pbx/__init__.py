"""The only package that knows Asterisk: connection, events, call control, taps, phones."""
