import { each, group, type Group, texts } from './groups.ts'

const CHANNELS = ['news', 'news', 'news', 'talk', '"Talk"']

/** Notifications, some of them twice. */
export const NOTIFICATIONS: readonly Group[] = [
  group('notify', 3, each('listen %', CHANNELS)),
  group('notify', 1, each('unlisten %', [...CHANNELS, '*', '*'])),
  group('notify', 4, each('notify %', CHANNELS), each("notify %, '%'", CHANNELS, ['a', 'b'])),
  group(
    'notify',
    4,
    each("select pg_notify('%', '%')", ['news', 'talk', 'Talk'], ['a', 'b', '']),
    each("select pg_notify('news', %)", ["repeat('x', 9000)", 'null']),
    each("select pg_notify('', 'x')"),
  ),
  texts('notifyMany', 1, "select pg_notify('news', 'one'), pg_notify('talk', 'two')"),
]
