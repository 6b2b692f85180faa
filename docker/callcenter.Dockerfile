# Every role but the databases runs from this image; the same set-up as `make setup`, with its cache dropped afterwards.
FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv make && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
ENV CALLCENTER_DATA_DIR=/srv/hotline PATH=/app/.venv/bin:$PATH
RUN python3 -m install run && rm -rf "$HOME/.cache" /srv/hotline/hotline.db*
