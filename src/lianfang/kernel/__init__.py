"""What every room stands on: words, columns, time, errors and the engine session. Pure; imports no other room."""
