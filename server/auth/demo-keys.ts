/** Key pairs of demonstration clients (`demoKey: true`): made on first use in DATA_DIR/demo-keys, private to this installation. */
import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from 'jose'

export const demoKeyFile = (dataDir: string, clientId: string): string => join(dataDir, 'demo-keys', `${clientId}.json`)

/** The public half, for the client registry. The pair is made when it is not there yet. */
export async function demoPublicKeys(dataDir: string, clientId: string): Promise<JSONWebKeySet> {
  const { d: _private, ...rest } = await demoPrivateKey(dataDir, clientId)
  return { keys: [rest] } as JSONWebKeySet
}

/** The private key (JWK) with which the demonstration client signs its assertions. */
export async function demoPrivateKey(dataDir: string, clientId: string): Promise<JWK> {
  const file = demoKeyFile(dataDir, clientId)
  return (await readKey(file)) ?? (await makeKey(file))
}

/** A private key from a file; undefined when there is no such file. @throws Error when the file holds no JWK */
export async function readKey(file: string): Promise<JWK | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as JWK
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Several processes may start at once: whoever links its file first has made the key, the others read it. */
async function makeKey(file: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES384', { extractable: true })
  const jwk = await exportJWK(privateKey)
  const made = { ...jwk, alg: 'ES384', use: 'sig', kid: await calculateJwkThumbprint(jwk) }
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, JSON.stringify(made), { mode: 0o600 })
  try {
    await link(draft, file)
    return made
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return (await readKey(file)) ?? made
  } finally {
    await unlink(draft)
  }
}
