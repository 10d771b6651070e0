#!/bin/sh
# Runs a program of a test's data with the arguments given.
exec "$@"
