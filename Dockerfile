# Static images without a shell, made from this repository alone. The last one is the register; the others stand beside
# it in docker-compose.yml.
FROM node:20-bookworm-slim AS assets
WORKDIR /src/api/web
COPY api/web/package.json api/web/package-lock.json api/web/.npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY api/web/ ./
RUN npm run build

FROM golang:1.26-bookworm AS source
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN mkdir /data /keys /checkpoints /backups

FROM source AS build
COPY --from=assets /src/api/web/dist api/web/dist
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /nrm ./cmd/nrm

FROM source AS build-prepare
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /prepare ./deploy/prepare

# The NATS server of the version that the tests run, from the same checked sources.
FROM build AS build-nats
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /nats-server github.com/nats-io/nats-server/v2

# Keys and certificates for the servers. It runs once, by hand.
FROM scratch AS prepare
COPY --from=build-prepare /prepare /prepare
USER 10001:10001
ENTRYPOINT ["/prepare"]

FROM scratch AS nats
COPY --from=build-nats /nats-server /nats-server
COPY --from=build-nats /nrm /nrm
COPY --from=source --chown=10001:10001 /data /data
USER 10001:10001
# The configuration names its certificates from here.
WORKDIR /etc/nats
VOLUME /data
ENTRYPOINT ["/nats-server"]
CMD ["-c", "/etc/nats/nats.conf"]

FROM scratch AS nrm
COPY --from=build /nrm /nrm
COPY --from=source --chown=10001:10001 /data /data
COPY --from=source --chown=10001:10001 /keys /keys
COPY --from=source --chown=10001:10001 /checkpoints /checkpoints
COPY --from=source --chown=10001:10001 /backups /backups
USER 10001:10001
# There is no /tmp: what SQLite needs for a moment when it rewrites the views lies beside them.
ENV NRM_DATA=/data NRM_KEYS=/keys/nrm.key NRM_CHECKPOINTS=/checkpoints NRM_LISTEN=0.0.0.0:8642 SQLITE_TMPDIR=/data
VOLUME /data /keys /checkpoints /backups
HEALTHCHECK --interval=10s --timeout=6s --start-period=300s --retries=3 CMD ["/nrm", "health", "http://127.0.0.1:8642/readyz"]
ENTRYPOINT ["/nrm"]
CMD ["serve"]
