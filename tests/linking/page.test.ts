/** The page in a real browser, under its Content-Security-Policy: two records are compared, linked and parted again. */
import chromium from '@sparticuz/chromium'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Browser, chromium as playwright } from 'playwright-core'
import { practitioner, putAll } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { admit } from './sending.ts'

let server: TestServer
let browser: Browser
beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [practitioner('clerk')])
  const engine = await server.token('h1-engine')
  // What a sender writes is shown as text.
  const shared = { birth: '20150505', phone: '13800000001', address: '示例市海淀区青年路1号<img src=x onerror=alert(1)>' }
  await admit(server, { pi: '1', name: '韩思雨', ...shared }, engine)
  await admit(server, { pi: '2', name: '韩思雪', ...shared }, engine)
  browser = await playwright.launch({ executablePath: await chromium.executablePath(), args: chromium.args, headless: true })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await server.stop()
})

test('a clerk links two, and undoes it', async () => {
  const problems: string[] = []
  const page = await browser.newPage({ viewport: { width: 375, height: 800 } })
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('pageerror', (error) => problems.push(String(error)))
  await page.goto(`${server.url}/linking`)
  await page.fill('#token', await server.token('h1-registry', { user: 'Practitioner/clerk' }))
  await page.click('#enter button')
  await page.waitForSelector('#tasks article')
  const text = await page.textContent('#tasks')
  for (const said of ['韩思雨', '韩思雪', '姓名不一致', '<img src=x']) expect(text).toContain(said)
  expect([await page.locator('#tasks img').count(), await page.evaluate('document.documentElement.scrollWidth')]).toEqual([0, 375])
  await page.click('text=同一人 One person')
  await page.waitForSelector('#message.error')
  expect(problems.splice(0)).toEqual([expect.stringContaining('400')])
  await page.fill('#tasks input[name=comment]', '改名，见户口簿')
  await page.click('text=同一人 One person')
  await page.waitForSelector('#none:not([hidden])')
  await page.selectOption('#filter select', 'linked')
  await page.click('#filter button')
  await page.waitForSelector('#tasks article')
  await page.click('#tasks article h3 button >> nth=0')
  await page.waitForSelector('#links li:has-text("likeness")')
  expect(await page.textContent('#history')).toContain('改名，见户口簿')
  await page.fill('#links input', '实为姐妹')
  await page.click('#links button')
  await page.waitForSelector('#history li:has-text("解除关联")')
  expect(await page.locator('#links li').count()).toBe(0)
  expect(problems).toEqual([])
}, 120_000)

test('without a token nothing is shown', async () => {
  const answer = await server.call('GET', '/linking')
  const policy = answer.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'; script-src 'self'")
  expect([policy.includes('unsafe'), /<script>|<style|style=|onclick=/.test(answer.text)]).toEqual([false, false])
  const page = await browser.newPage()
  await page.goto(`${server.url}/linking`)
  await page.fill('#token', 'nonsense')
  await page.click('#enter button')
  await page.waitForSelector('#message.error')
  expect(await page.locator('main').isVisible()).toBe(false)
}, 60_000)
