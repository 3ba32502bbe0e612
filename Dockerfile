# The service with the student's page. Build: docker build -t aetherlearn-progress .
FROM node:26-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/dashboard/package.json packages/dashboard/
COPY packages/player/package.json packages/player/
COPY packages/protocol/package.json packages/protocol/
COPY packages/server/package.json packages/server/
# The bundler's binary is an optional package; the stage that is shipped has none of these.
RUN npm install --include=dev --include=optional --ignore-scripts --no-audit --no-fund
COPY packages packages
RUN node packages/dashboard/build.mjs --quiet

FROM node:26-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/protocol/package.json packages/protocol/
COPY packages/server/package.json packages/server/
RUN npm install --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:26-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY packages/protocol packages/protocol
COPY packages/server/package.json packages/server/
COPY packages/server/src packages/server/src
COPY --from=build /app/packages/dashboard/dist packages/dashboard/dist
USER node
EXPOSE 3000
# Alive, not ready: a process whose Redis is away must not be restarted, it comes back by itself.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Not npm: signals go to the service itself.
CMD ["node", "packages/server/src/main.ts"]
