"""What every domain uses and no domain knows: database, errors, events, work, audit, security, masking, logs."""
