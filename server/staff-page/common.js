/* What the pages of staff have in common. Nothing is kept: the token goes when the page goes. What senders wrote is shown as text, never as markup. */

export const $ = (id) => document.getElementById(id)
const HERE = new URL('.', import.meta.url)
let token = ''

/** Tells the reader. */
export function say(text, isError = false) {
  $('message').textContent = text
  $('message').className = isError ? 'error' : ''
}

/** Asks the page's own JSON side; `sent` is posted. */
export async function ask(path, sent) {
  const response = await fetch(new URL(path, HERE), {
    headers: { Authorization: `Bearer ${token}`, ...(sent ? { 'Content-Type': 'application/json' } : {}) },
    ...(sent ? { method: 'POST', body: JSON.stringify(sent) } : {}),
  })
  const answer = await response.json()
  if (response.ok) return answer
  const issue = answer.issue?.[0]
  throw new Error(`${issue?.details?.text ?? response.status} / ${issue?.diagnostics ?? ''}`)
}

/** Runs what a person began, and says what went wrong. */
export function doing(work) {
  return async (event) => {
    event?.preventDefault()
    say('')
    try {
      await work(event)
    } catch (error) {
      say(error.message, true)
    }
  }
}

export function element(name, content, attributes = {}) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  for (const part of [content].flat()) if (part !== undefined && part !== null) made.append(part)
  return made
}

export function button(text, work) {
  const made = element('button', text, { type: 'button' })
  made.addEventListener('click', doing(work))
  return made
}

export const time = (text) => (text ? new Date(text).toLocaleString('zh-CN') : '')

/** @param load shows a page of the list, the first or the one after `after`, and answers what the next one comes after, if there is one */
export function startPage(load) {
  let next
  const show = async (after) => {
    next = await load(after)
    $('more').hidden = next === undefined
    document.querySelector('main').hidden = false
  }
  const on = (id, event, work) => $(id).addEventListener(event, doing(work))
  on('enter', 'submit', async () => {
    token = $('token').value
    $('token').value = ''
    await show()
  })
  on('filter', 'submit', () => show())
  on('more', 'click', () => show(next))
  return show
}
