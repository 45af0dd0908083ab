import { describe, expect, test } from '@jest/globals'
import { ACCESS_BOUNDS } from '../../server/access/bounds.ts'
import { createOverlayRoom } from '../../server/access/relabel-entries.ts'
import { accessTables } from '../../server/access/tables.ts'
import { opened } from '../store/fixture.ts'

const context = opened()
const MAX = ACCESS_BOUNDS.overlayMax

describe('room in the overlay', () => {
  test('is not given away twice: what is about to be committed counts', async () => {
    const { overlay } = accessTables(context.store)
    const clock = { now: new Date('2026-01-01T00:00:00Z') }
    const room = createOverlayRoom({ overlay }, () => clock.now)
    await overlay.put({ _id: 'a', epoch: 1, person: 'a', since: clock.now, done: null })
    // What is no person's entry takes no room.
    await overlay.put({ _id: '~other', epoch: 1, person: '~other', since: clock.now, done: null })
    await room.take(MAX - 1001)
    const together = await Promise.allSettled([room.take(600), room.take(600)])
    expect(together.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(room.take(401)).rejects.toMatchObject({ status: 503, headers: { 'Retry-After': '120' } })
    await room.take(400)
    await expect(room.take(1)).rejects.toMatchObject({ status: 503 })
    room.give(600)
    await room.take(600)
    await expect(room.take(1)).rejects.toMatchObject({ status: 503 })
    // Nobody said what became of them; no transaction lives so long.
    clock.now = new Date(clock.now.getTime() + ACCESS_BOUNDS.overlayRoomMs)
    await room.take(MAX - 1)
    await expect(room.take(1)).rejects.toMatchObject({ status: 503 })
    await room.take(0)
  })

  test('what never fits is not answered as busy', async () => {
    const { overlay } = accessTables(context.store)
    const room = createOverlayRoom({ overlay }, () => new Date())
    await expect(room.take(MAX + 1)).rejects.toMatchObject({ status: 413 })
  })
})
