"""The compose-spec's dialect, against compose-go, which is what `docker compose config` reads files with."""
