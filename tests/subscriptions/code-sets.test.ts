/** Criteria that ask stored value sets and code systems: as they stand when the event is told, and as far as the subscriber may see them. */
import { expect, test } from '@jest/globals'
import { custody, observation } from '../consent/resources.ts'
import { active, plain, put, setting, statusOf, subscribe } from './setting.ts'

const held = setting()
const namesAt = (path: string): string[] => held.receiver.at(path).map((one) => one.path.split('/').pop() ?? '')
const set = (id: string, codes: readonly string[], more: object = {}) => ({
  resourceType: 'ValueSet',
  id,
  url: `urn:test:${id}`,
  status: 'active',
  compose: { include: [{ system: 'urn:test', concept: codes.map((code) => ({ code })) }] },
  ...more,
})

test('in a stored set, and not in it, also when the set becomes another one', async () => {
  await put(held, set('watched', ['first']))
  await active(held, plain(held, 'Observation?code:in=urn:test:watched&status=final', '/hook/in'))
  await active(held, plain(held, 'Observation?code:not-in=urn:test:watched&status=final', '/hook/not-in'))
  await put(held, observation('in-1', 'open', 'first'), observation('in-2', 'open', 'second'))
  await held.receiver.until(() => namesAt('/hook/in').length >= 1 && namesAt('/hook/not-in').length >= 1)
  await put(held, set('watched', ['second']))
  await put(held, observation('in-3', 'open', 'first'), observation('in-4', 'open', 'second'))
  await held.receiver.until(() => namesAt('/hook/in').length >= 2 && namesAt('/hook/not-in').length >= 2)
  expect([namesAt('/hook/in'), namesAt('/hook/not-in')]).toEqual([
    ['in-1', 'in-4'],
    ['in-2', 'in-3'],
  ])
})

test('under a code of a stored hierarchy', async () => {
  const concept = [{ code: 'over', concept: [{ code: 'under' }] }, { code: 'beside' }]
  await put(held, { resourceType: 'CodeSystem', id: 'tree', url: 'urn:test', name: 'x', status: 'active', content: 'complete', concept })
  await active(held, plain(held, 'Observation?code:below=urn:test|over', '/hook/below'))
  await put(held, observation('below-1', 'open', 'beside'), observation('below-2', 'open', 'under'), observation('below-3', 'open', 'over'))
  await held.receiver.until(() => namesAt('/hook/below').length >= 2)
  expect(namesAt('/hook/below')).toEqual(['below-2', 'below-3'])
})

test('a set that is gone: nothing more is told, and the Subscription says so', async () => {
  await put(held, set('gone', ['first']))
  const id = await active(held, plain(held, 'Observation?code:in=urn:test:gone', '/hook/gone'))
  await put(held, observation('gone-1', 'open', 'first'))
  await held.receiver.until(() => namesAt('/hook/gone').length >= 1)
  await held.server.call('DELETE', '/fhir/ValueSet/gone', { token: held.loader })
  await put(held, observation('gone-2', 'open', 'first'))
  expect((await statusOf(held, id, 'off')).json.status).toBe('off')
  expect(namesAt('/hook/gone')).toEqual(['gone-1'])
})

test('a set that is hidden from the subscriber is as none', async () => {
  const about = [{ url: 'urn:test:about', valueReference: { reference: 'Patient/hidden' } }]
  await put(held, set('secret', ['first'], { meta: custody('H1'), extension: about }))
  const ask = (id: string) => subscribe(held, plain(held, `Observation?code:in=urn:test:${id}`, '/hook/secret'))
  const [secret, absent] = [await ask('secret'), await ask('absent')]
  expect(secret.status).toBe(422)
  expect([secret.status, secret.text.replaceAll('secret', '')]).toEqual([absent.status, absent.text.replaceAll('absent', '')])
  expect(secret.text).toContain('value-set-unknown')
})

test('a shipped set is known as before', async () => {
  await active(
    held,
    plain(held, 'Observation?status:in=http://hl7.org/fhir/ValueSet/observation-status&code=urn:test|shipped', '/hook/shipped'),
  )
  await put(held, observation('shipped-1', 'open', 'shipped'))
  await held.receiver.until(() => namesAt('/hook/shipped').length >= 1)
  expect(namesAt('/hook/shipped')).toEqual(['shipped-1'])
})
