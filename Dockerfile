# Build: install the locked dependencies once, for production only.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The npm package `node` (the runtime on machines with an older one) is not needed here, but its install is harmless.
RUN npm ci --omit=dev && npm cache clean --force

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
WORKDIR /app
RUN groupadd --system --gid 10001 yilian && useradd --system --uid 10001 --gid yilian --home-dir /data yilian \
 && mkdir /data && chown yilian:yilian /data
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY server ./server
COPY mappings ./mappings
COPY profiles/generated ./profiles/generated
COPY terminology ./terminology
COPY config ./config
USER yilian
VOLUME /data
EXPOSE 8080
# MONGODB_URI must name a replica set: the image holds no mongod.
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.PORT||8080)+'/health').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "server/main.ts"]
