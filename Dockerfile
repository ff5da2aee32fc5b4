# A static image without a shell, made from this repository alone.
FROM node:20-bookworm-slim AS assets
WORKDIR /src/api/web
COPY api/web/package.json api/web/package-lock.json api/web/.npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY api/web/ ./
RUN npm run build

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=assets /src/api/web/dist api/web/dist
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /nrm ./cmd/nrm && mkdir /data /keys /checkpoints

FROM scratch
COPY --from=build /nrm /nrm
COPY --from=build --chown=10001:10001 /data /data
COPY --from=build --chown=10001:10001 /keys /keys
COPY --from=build --chown=10001:10001 /checkpoints /checkpoints
USER 10001:10001
# There is no /tmp: what SQLite needs for a moment when it rewrites the views lies beside them.
ENV NRM_DATA=/data NRM_KEYS=/keys/nrm.key NRM_CHECKPOINTS=/checkpoints NRM_LISTEN=0.0.0.0:8642 SQLITE_TMPDIR=/data
VOLUME /data /keys /checkpoints
ENTRYPOINT ["/nrm"]
CMD ["serve"]
