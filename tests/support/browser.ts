/** The browser that npm brings (docs/decisions/README.md): nothing of it is installed on the machine. */
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright } from 'playwright-core'

/** In one process, as its makers run it, it ends with the first page that is closed. */
const ARGUMENTS = chromium.args.filter((each) => each !== '--single-process')

export const openBrowser = async (): Promise<Browser> =>
  playwright.launch({ executablePath: await chromium.executablePath(), args: ARGUMENTS, headless: true })
