/** /ig: the implementation guide. It holds no patient's data, so nobody needs to say who he is, and a browser may keep it. */
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { type Request, type Response, Router } from 'express'
import type { Guide, GuideFile } from '../guide/guide.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { acceptsGzip } from './compression.ts'

const unpacked = promisify(gunzip)

/** As everywhere, and beyond that: the style of the guide itself, and the package as a download. Nothing runs. */
const POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-downloads"

export function guideRouter(guide: Guide): Router {
  const router = Router({ strict: true })
  router.use((request, response, next) => {
    response.setHeader('Content-Security-Policy', POLICY)
    response.setHeader('Cache-Control', 'no-cache')
    response.setHeader('Vary', 'Accept-Encoding')
    if (request.method === 'GET' || request.method === 'HEAD') return next()
    if (request.method === 'OPTIONS') return void response.writeHead(204, { Allow: METHODS }).end()
    throw new OutcomeError('method-not-allowed', {}, { Allow: METHODS })
  })
  router.use(async function page(request, response) {
    // Links are relative: without the stroke they would lead elsewhere.
    if (request.originalUrl.split('?')[0] === '/ig') return void response.writeHead(308, { Location: 'ig/', 'Content-Length': 0 }).end()
    const found = await guide.file(request.path === '/' ? 'index.html' : request.path.slice(1))
    await send(request, response, found ? 200 : 404, found ?? (await guide.missing()))
  })
  return router
}

const METHODS = 'GET, HEAD, OPTIONS'

async function send(request: Request, response: Response, status: number, file: GuideFile): Promise<void> {
  const { contentType, packed, download, etag } = file
  if (status === 200) response.setHeader('ETag', etag)
  if (status === 200 && isFresh(request.headers['if-none-match'], etag)) return void response.writeHead(304).end()
  const asGzip = download === undefined && acceptsGzip(request.headers['accept-encoding'])
  const body = download !== undefined || asGzip ? packed : await unpacked(packed)
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': body.length,
    ...(asGzip ? { 'Content-Encoding': 'gzip' } : {}),
    ...(download !== undefined ? { 'Content-Disposition': `attachment; filename="${download}"` } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Weak comparison (RFC 9110 13.1.2). */
const isFresh = (asked: string | undefined, etag: string): boolean =>
  (asked ?? '').split(',').some((one) => ['*', etag, etag.slice(2)].includes(one.trim()))
