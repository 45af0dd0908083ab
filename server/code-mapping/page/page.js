/* The work list in a browser. */

import { $, ask, button, doing, element, startPage, time } from './common.js'

const STATES = { open: '待对照 Open', proposed: '待确认 Proposed', mapped: '已对照 Mapped' }
const EQUIVALENCES = {
  equivalent: '等同 equivalent',
  equal: '相同 equal',
  wider: '目标更宽 wider',
  narrower: '目标更窄 narrower',
  inexact: '不完全一致 inexact',
  relatedto: '相关 relatedto',
  subsumes: '目标包含来源 subsumes',
  specializes: '目标从属于来源 specializes',
  unmatched: '没有对应 unmatched',
  disjoint: '互不相交 disjoint',
}
const JOBS = {
  accepted: '正在重新转换 Running',
  completed: '已完成 Completed',
  failed: '已结束，有未能写入的 Ended with failures',
  superseded: '已被后来的决定取代 Superseded',
}
const LOOK_MS = 1000
const ACTS = {
  propose: '提出 proposed',
  'propose-withdrawal': '提请撤回 withdrawal proposed',
  confirm: '确认 confirmed',
  reject: '否决 rejected',
}

const named = (target) => (target ? `${target.code} ${target.display ?? ''} (${target.system})` : '没有对应 no target')

const load = startPage(async (after) => {
  const query = new URLSearchParams(new FormData($('filter')))
  if (after) query.set('after', after)
  const page = await ask(`codes?${query}`)
  if (!after) $('codes').replaceChildren()
  for (const code of page.codes) $('codes').append(rowOf(code))
  $('total').textContent = page.total === undefined ? '' : `共 ${page.total} 条 · ${page.total} codes`
  return page.next
})

function rowOf(code) {
  const cells = [code.source, code.map, code.code, code.display, code.count, time(code.firstSeen), time(code.lastSeen), STATES[code.state]]
  const row = element(
    'tr',
    cells.map((cell, at) => element('td', String(cell ?? ''), at === 2 ? { class: 'code' } : {})),
  )
  row.append(
    element(
      'td',
      button('查看 Open', () => open(code.id)),
    ),
  )
  return row
}

async function open(id) {
  const code = await ask(`code?${new URLSearchParams({ id })}`)
  const place = code.example ? `${code.example.payload}, ${code.example.at} (${code.example.recordType})` : ''
  $('detail').replaceChildren(
    element('h2', `${code.code} ${code.display}`),
    element('p', `${code.source} · ${code.map} · ${code.system} · ${STATES[code.state]}`),
    element('p', `最近一例 Last example: ${place}`),
    ...(code.current
      ? [element('p', `现行对照 Current: ${named(code.current.meaning.target)}, ${EQUIVALENCES[code.current.meaning.equivalence]}`)]
      : []),
    ...(code.pending ? [proposalOf(code)] : [formOf(code)]),
    ...(code.jobs.length > 0 ? [element('h3', '重新转换 Re-translation'), element('ul', code.jobs.map(jobOf), { id: 'jobs' })] : []),
    element('h3', '历史 History'),
    element('ul', code.history.map(eventOf)),
  )
  $('detail').hidden = false
  $('detail').focus()
  follow(id, code.jobs)
}

let looking

/** As long as one is under way, how far it has come. */
function follow(id, jobs) {
  clearTimeout(looking)
  if (!jobs.some(({ status }) => status === 'accepted')) return
  looking = setTimeout(
    doing(async () => {
      const answer = await ask(`jobs?${new URLSearchParams({ id })}`)
      $('jobs').replaceChildren(...answer.jobs.map(jobOf))
      follow(id, answer.jobs)
    }),
    LOOK_MS,
  )
}

function jobOf({ status, started, written, failed, expected, types, typesDone, seen }) {
  const numbers = [
    ...(written === undefined ? [] : [`已更新 written ${written}${expected === undefined ? '' : ` / ${expected}`}`]),
    ...(failed ? [`失败 failed ${failed}`] : []),
    ...(types === undefined ? [] : [`类型 types ${typesDone}/${types}`, `已查看 seen ${seen}`]),
  ]
  const bar = { max: String(expected), value: String(Math.min(written ?? 0, expected ?? 0)), 'aria-label': '进度 Progress' }
  return element('li', [
    `${time(started)} ${[JOBS[status], ...numbers].join('，')} `,
    ...(status === 'accepted' && expected > 0 ? [element('progress', [], bar)] : []),
  ])
}

const eventOf = ({ at, act, by, meaning, comment }) =>
  element(
    'li',
    `${time(at)} ${by.user} ${ACTS[act]} ${meaning ? `${named(meaning.target)} ${meaning.equivalence}` : ''} ${comment ?? meaning?.comment ?? ''}`,
  )

function proposalOf(code) {
  const { pending } = code
  const what = pending.meaning ? `${named(pending.meaning.target)}, ${EQUIVALENCES[pending.meaning.equivalence]}` : '撤回对照 withdraw'
  const decide = (act) => async () => {
    await ask(act, { id: code.id, proposal: pending.id })
    await load()
    await open(code.id)
  }
  return element('div', [
    element('h3', '待确认的提案 Open proposal'),
    element('p', `${pending.by.user}: ${what} ${pending.meaning?.comment ?? pending.comment ?? ''}`),
    button('确认 Confirm', decide('confirm')),
    button('否决 Reject', decide('reject')),
  ])
}

function formOf(code) {
  const form = element('form', [])
  const field = (name, text, made) => form.append(element('label', [text, made ?? element('input', [], { name })]))
  form.append(element('h3', '提出对照 Propose'))
  field('system', '目标代码系统 Target system')
  field('code', '目标代码 Target code')
  field('display', '名称 Display')
  const options = Object.entries(EQUIVALENCES).map(([value, text]) => element('option', text, { value }))
  field('equivalence', '关系 Equivalence', element('select', options, { name: 'equivalence' }))
  field('comment', '说明 Comment')
  form.append(element('button', '提出 Propose', { type: 'submit' }))
  form.addEventListener(
    'submit',
    doing(async () => {
      await ask('propose', { ...Object.fromEntries(new FormData(form)), id: code.id })
      await load()
      await open(code.id)
    }),
  )
  const choose = (one) => () => {
    for (const name of ['system', 'code', 'display']) form.elements[name].value = one[name] ?? ''
  }
  const suggested = code.suggestions.map((one) =>
    element('li', [
      button('选用 Use', choose(one)),
      ` ${named(one)} ${one.organizations ? `其他机构已用 chosen by ${one.organizations}` : `相似度 likeness ${one.score}`}`,
    ]),
  )
  const parts = [element('h3', '建议 Suggestions'), element('ul', suggested), form]
  if (code.current)
    parts.push(
      button('提请撤回现行对照 Propose to withdraw', async () => {
        await ask('withdraw', { id: code.id })
        await load()
        await open(code.id)
      }),
    )
  return element('div', parts)
}
