/**
 * The guide in a real browser, which keeps to the policies of its answers. Screenshots in docs/ are taken by `npm run build:screenshots`,
 * since fonts differ between machines.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { startTestServer, type TestServer } from '../support/server.ts'
import { openBrowser } from '../support/browser.ts'

let server: TestServer
let browser: Browser

beforeAll(async () => {
  server = await startTestServer()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

/** A page, and what the browser complained of. */
async function opened(width: number, path: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 844 } })
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('requestfailed', (request) => complaints.push(request.url()))
  await page.goto(`${server.url}/ig/${path}`)
  return { page, complaints }
}

const WIDEST = [
  '',
  'StructureDefinition-cn-eob-settlement.html',
  'mappings.html',
  'identifiers.html',
  'invalid-cn-patient.html',
  'SearchParameter-cn-med-type.html',
]

describe.each([
  ['desktop', 1280, WIDEST.slice(0, 2)],
  ['telephone', 360, WIDEST],
])('%s', (_name, width, paths) => {
  test.each(paths)('/ig/%s fits, has its style, and nothing is refused', async (path) => {
    const { page, complaints } = await opened(width, path)
    const seen = await page.evaluate(`({
      wide: document.documentElement.scrollWidth - innerWidth,
      list: getComputedStyle(document.querySelector('nav ul')).listStyleType,
      scrolls: [...document.querySelectorAll('.scroll')].every((each) => getComputedStyle(each).overflowX === 'auto'),
    })`)
    expect([seen, complaints]).toEqual([{ wide: 0, list: 'none', scrolls: true }, []])
    await page.close()
  })
})

test('a table that is wider than a telephone scrolls within itself', async () => {
  const { page } = await opened(360, 'StructureDefinition-cn-patient.html')
  const moved = await page.evaluate(`(() => {
    const scroll = document.querySelector('#snapshot .scroll')
    scroll.scrollLeft = 200
    return [scroll.scrollLeft, scrollX]
  })()`)
  expect(moved).toEqual([200, 0])
  await page.close()
})

test('from the first page to a profile, its example, and back', async () => {
  const { page } = await opened(1280, '')
  await page.click('main a[href="profiles.html"]')
  await page.click('main a[href="StructureDefinition-cn-specimen.html"]')
  expect(await page.locator('h1').textContent()).toBe('标本 Specimen')
  await page.click('#examples a[href="example-cn-specimen.html"]')
  expect(JSON.parse((await page.locator('pre').textContent()) ?? '')).toMatchObject({ resourceType: 'Specimen', id: 'example-cn-specimen' })
  await page.click('header a[href="index.html"]')
  expect(page.url()).toBe(`${server.url}/ig/index.html`)
  await page.close()
})

test('the package can be fetched from the first page', async () => {
  const { page } = await opened(1280, '')
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('a[href="package.tgz"]')])
  expect(download.suggestedFilename()).toBe('yilian.cn-0.1.0.tgz')
  expect(await download.failure()).toBeNull()
  await page.close()
})

test('what does not exist says so', async () => {
  const { page } = await opened(360, 'nothing.html')
  expect(await page.locator('h1').textContent()).toBe('未找到 Not found')
  await page.close()
})
