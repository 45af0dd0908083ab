/* Questions of links in a browser. */

import { $, ask, button, doing, element, startPage, time } from './common.js'

const TRAITS = {
  name: '姓名 Name',
  birthDate: '出生日期 Birth date',
  gender: '性别 Sex',
  phone: '电话 Telephone',
  address: '地址 Address',
  document: '证件 Document',
}
const LEVELS = {
  same: '一致 same',
  short: '一致（两字名）same, two characters',
  sound: '同音 sounds the same',
  near: '相近 nearly the same',
  partial: '部分一致 one says less',
  district: '同区县 same district',
  different: '不一致 different',
}
const DOUBTS = {
  between: '相似度不足以自动关联 Not alike enough to be linked by the rule',
  name: '姓名不一致 The names differ',
  'birth-date': '出生日期不一致 The birth dates differ',
  'one-organization': '同一机构内的同音姓名 Names of one sound within one organisation',
  'written-by-client': '由接口直接写入的档案 Written by a client',
  several: '可能是多个人之一 It may be one of several persons',
  conflict: '其关联尚存疑 Its links are in doubt',
  'too-many': '关联档案过多 Too many records',
}
const KINDS = { number: '身份证号 identity number', likeness: '相似 likeness', merge: '合并 merge' }
const ACTS = {
  ask: '提请核对 asked',
  link: '关联 linked',
  part: '解除关联 parted',
  'keep-apart': '判为不同人 kept apart',
  settle: '无需再核对 settled',
}

const load = startPage(async (after) => {
  const query = new URLSearchParams(new FormData($('filter')))
  if (after) query.set('after', after)
  const page = await ask(`tasks?${query}`)
  if (!after) $('tasks').replaceChildren()
  for (const task of page.tasks) $('tasks').append(taskOf(task))
  $('none').hidden = $('tasks').childElementCount > 0
  return page.next
})

function taskOf(task) {
  const levels = Object.entries(task.levels).map(([trait, level]) =>
    element('tr', [element('td', TRAITS[trait]), element('td', LEVELS[level], level === 'different' ? {} : { class: 'agree' })]),
  )
  const comment = element('input', [], { name: 'comment', 'aria-label': '理由 Reason', placeholder: '理由 Reason' })
  const decide = (act) => async () => {
    await ask(act, { id: task.id, comment: comment.value })
    await load()
  }
  return element('article', [
    element('p', `${DOUBTS[task.doubt]} · ${task.score} bit · ${time(task.since)}`),
    element('table', [element('tbody', levels)]),
    ...task.records.map(recordOf),
    ...(task.state === 'linked'
      ? []
      : [
          comment,
          button('同一人 One person', decide('link')),
          ...(task.state === 'open' ? [button('不同人 Two persons', decide('keep-apart'))] : []),
        ]),
  ])
}

/** What of a Patient is compared, as far as the asker may read it. */
function recordOf({ patient, organization, shown }) {
  const rows = shown
    ? [
        ['姓名 Name', (shown.name ?? []).map((one) => one.text ?? `${one.family ?? ''}${(one.given ?? []).join('')}`)],
        ['性别 Sex', [shown.gender]],
        ['出生日期 Birth date', [shown.birthDate]],
        ['电话 Telephone', (shown.telecom ?? []).map(({ value }) => value)],
        ['地址 Address', (shown.address ?? []).map((one) => one.text)],
        ['号码 Numbers', (shown.identifier ?? []).map(({ value }) => value)],
      ]
    : []
  const list = rows.flatMap(([name, values]) => {
    const said = values.filter((value) => value !== undefined)
    return said.length === 0 ? [] : [element('dt', name), element('dd', said.join('；'))]
  })
  return element('div', [
    element('h3', [`${organization} `, button(patient, () => showGraph(patient))]),
    ...(list.length > 0 ? [element('dl', list)] : []),
  ])
}

async function showGraph(patient) {
  const query = new URLSearchParams({ patient })
  const [graph, { events }] = [await ask(`graph?${query}`), await ask(`history?${query}`)]
  const records = graph.records.map((one) =>
    element('li', `${one.patient} · ${one.organization} · ${one.kind}${one.numbered ? ' · 有身份证号 has an identity number' : ''}`),
  )
  const links = graph.links.map((link) =>
    element('li', [`${KINDS[link.kind]}: ${link.patients.join(' – ')} ${time(link.since)} `, ...undoOf(link, patient)]),
  )
  $('graph').replaceChildren(
    element('h2', `${patient} 的关联 Links`),
    element('ul', records),
    element('ul', links, { id: 'links' }),
    element('h3', '历史 History'),
    element('ul', events.map(eventOf), { id: 'history' }),
  )
  $('graph').hidden = false
  $('graph').focus()
}

function undoOf({ id }, patient) {
  if (id === undefined) return []
  const comment = element('input', [], { 'aria-label': '理由 Reason', placeholder: '理由 Reason' })
  return [
    comment,
    button('解除 Undo', async () => {
      await ask('part', { link: id, comment: comment.value })
      await showGraph(patient)
    }),
  ]
}

const eventOf = ({ at, act, by, patients, comment, reason, score }) =>
  element(
    'li',
    `${time(at)} ${by.user ?? by.client ?? '规则 rule'} ${ACTS[act]} ${patients.join(' – ')} ${comment ?? DOUBTS[reason] ?? reason ?? ''} ${score === undefined ? '' : `${score} bit`}`,
  )

$('find').addEventListener(
  'submit',
  doing(() => showGraph($('find').elements.patient.value.trim())),
)
