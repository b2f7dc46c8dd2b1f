# Stages: the console's pages with the tools that build them; npm with its lock file; then only what runs. The image brings its own
# Node 26; the one in node_modules is for machines without it and is left out.
FROM node:26-bookworm-slim AS pages
WORKDIR /opt/sundew
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
# Vite reads it with the pages' own.
COPY tsconfig.json ./
COPY bin ./bin
COPY src ./src
RUN node bin/build-console.js

FROM node:26-bookworm-slim AS build
WORKDIR /opt/sundew
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts
COPY bin ./bin
COPY src ./src
COPY prompts ./prompts
COPY traps ./traps
COPY sundew.yaml ./
COPY --from=pages /opt/sundew/src/console/web/dist ./src/console/web/dist

FROM node:26-bookworm-slim
WORKDIR /opt/sundew
COPY --from=build --chown=root:root /opt/sundew ./
RUN install -d -o 2000 -g 2000 -m 0700 /data
USER 2000:2000
# Inside a container loopback is the container itself: who may reach the console is decided by the published port.
ENV SUNDEW_DATA=/data SUNDEW_LISTEN_HOST=0.0.0.0 SUNDEW_CONSOLE_HOST=0.0.0.0
VOLUME ["/data"]
# Fails when nothing runs on the data folder any more.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["node", "bin/sundew.js", "status", "--json"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "bin/sundew.js"]
CMD ["start"]
