# The release that `npm run pack` builds, on Node.js and git.
#
# Base images are pinned by version. Where your builds can look digests up, pin those as well (`node:…@sha256:…`).

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /source
COPY . .
# Installs what the lock file names, builds the dashboard, bundles the programs.
RUN --mount=type=cache,target=/root/.npm npm run pack
RUN mkdir release && tar --extract --file dist/yardmaster-*.tgz --strip-components=1 --directory release

FROM node:24.21.0-bookworm-slim
# Repositories are read with git, by ssh where their addresses say so.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends git openssh-client ca-certificates \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
COPY --from=build /source/release /opt/yardmaster
# DATA_DIR is all that is written to: the rest of the file system may be read-only.
RUN install --directory --owner=node --group=node --mode=0700 /data
VOLUME /data
WORKDIR /opt/yardmaster
# The user `node`, by number: some platforms want to see that it is not root.
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=2m --start-interval=1s CMD ["node", "healthcheck.js"]
CMD ["node", "main.js"]
