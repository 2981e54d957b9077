// Faults that a change could bring in by mistake, each as a small edit of the product. `npm run faults`
// applies them one at a time to a copy of the tree and expects the named tests to fail: a check that nobody
// would miss is not checked.

export type SeededFault = {
  /** What goes wrong, in a few words. */
  readonly name: string
  readonly file: string
  /** Stands exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** Test files of which at least one must fail. */
  readonly tests: readonly string[]
}

export const seededFaults: readonly SeededFault[] = [
  {
    name: 'the Host header is not checked',
    file: 'electron/http/security/request-guard.ts',
    find: "if (checked.kind === 'refused') throw",
    replace: "if (checked.kind === 'refused' && request.url === undefined) throw",
    tests: [
      'test/integration/attacks/unauthenticated.test.ts',
      'test/integration/attacks/raw-requests.test.ts',
    ],
  },
  {
    name: 'an unknown browser origin is let in',
    file: 'electron/http/security/request-guard.ts',
    find: "if (!welcome) throw new KeywayError('origin_refused')",
    replace: "if (!welcome && kind === 'window') throw new KeywayError('origin_refused')",
    tests: ['test/integration/attacks/unauthenticated.test.ts'],
  },
  {
    name: 'a permission goes on after its end',
    file: 'shared/domain/app-policy.ts',
    find: 'expiresAt !== null && nowMs >= expiresAt',
    replace: 'expiresAt !== null && nowMs < 0',
    tests: ['test/unit/domain/app-policy.test.ts'],
  },
  {
    name: 'a host pattern takes whatever ends like it',
    file: 'shared/domain/app-policy.ts',
    find: ': candidate === wanted',
    replace: ': candidate.endsWith(wanted)',
    tests: ['test/unit/domain/app-policy.test.ts'],
  },
  {
    name: 'a file is renamed before it is synced',
    file: 'electron/core/storage/durable-file.ts',
    find: 'data.subarray(done))\n    await ops.sync(handle)',
    replace: 'data.subarray(done))',
    tests: ['test/integration/storage-crash.test.ts', 'test/unit/core/storage/records.test.ts'],
  },
  {
    name: 'two pairings share one question',
    file: 'electron/core/apps/approvals.ts',
    find: 'code, wants, providers }, null, signal)',
    replace: "code, wants, providers }, 'pairing', signal)",
    tests: ['test/unit/core/apps/approvals.test.ts', 'test/integration/local-api-approvals.test.ts'],
  },
  {
    name: 'the asker can change what it asked for while the person reads it',
    file: 'electron/core/apps/approval-queue.ts',
    find: 'const shown = structuredClone(question)',
    replace: 'const shown = question',
    tests: ['test/unit/core/apps/approvals.test.ts'],
  },
  {
    name: 'a yes for one call lets the whole group through',
    file: 'electron/core/apps/approvals.ts',
    find: "  if (appId === null || yes.decision === 'once') {\n    board.settle(id, yes)",
    replace:
      "  if (appId === null || yes.decision === 'once') {\n    for (const same of board.groupOf(id)) board.settle(same.id, yes)",
    tests: ['test/unit/core/apps/approvals.test.ts', 'test/integration/asked-calls.test.ts'],
  },
  {
    name: 'calls with other bodies count as the same call',
    file: 'electron/core/apps/approval-queue.ts',
    find: "JSON.stringify(['use', appId, connectionId, what, method, url, bodyBytes, bodySha256])",
    replace: "JSON.stringify(['use', appId, connectionId, what, method, url])",
    tests: ['test/unit/core/apps/approvals.test.ts', 'test/integration/asked-calls.test.ts'],
  },
  {
    name: 'an asking app of a locked vault waits for a person who cannot answer',
    file: 'electron/core/apps/approvals.ts',
    find: 'if (deps.isUnlocked()) return',
    replace: 'if (deps.isUnlocked() || asked.appId !== null) return',
    tests: ['test/unit/core/apps/approvals.test.ts', 'test/integration/local-api-approvals.test.ts'],
  },
  {
    name: 'long numbers go through a float',
    file: 'shared/domain/exact-json.ts',
    find: 'return holdsLongNumber(body) ? withNumbers(body, exactValue) : (JSON.parse(body) as unknown)',
    replace: 'return JSON.parse(body) as unknown',
    tests: ['test/unit/domain/exact-json.test.ts'],
  },
  {
    name: 'a window without presence answers for the person',
    file: 'electron/core/ui/dispatch.ts',
    find: 'if (wantsPresence(name, input)) presence.demand(session)',
    replace: 'if (wantsPresence(name, input)) presence.isPresent(session)',
    tests: ['test/integration/presence.test.ts'],
  },
  {
    name: 'a request goes on after its right was taken away',
    file: 'electron/http/security/running-requests.ts',
    find: 'if (refusal !== null) end(request, refusal)',
    replace: 'if (refusal !== null) request.ended = refusal',
    tests: ['test/integration/attacks/rights-taken-away.test.ts'],
  },
  {
    name: 'a refused request uses up the pace',
    file: 'electron/http/proxy/rate.ts',
    find: 'if (wait <= mostMs) apps.set',
    replace: 'if (wait >= 0) apps.set',
    tests: ['test/unit/http/request-pace.test.ts'],
  },
  {
    name: 'one app takes the whole pace of a provider',
    file: 'electron/http/proxy/rate.ts',
    find: 'due + (1000 / PER_SECOND) * sharers',
    replace: 'due + 1000 / PER_SECOND',
    tests: ['test/unit/http/request-pace.test.ts'],
  },
  {
    name: 'an answer of another issuer is taken',
    file: 'electron/core/oauth/authorization/response.ts',
    find: "throw mismatch('The answer came from another issuer than the one asked (RFC 9207).')",
    replace: 'return',
    tests: ['test/integration/attacks/sign-in.test.ts', 'test/integration/oauth-failures.test.ts'],
  },
  {
    name: 'a callback that was used is taken again',
    file: 'electron/core/connections/sign-in/callback.ts',
    find: "if (taken.kind === 'spent' || running.flow.kind !== 'waiting_for_browser') {",
    replace: "if (taken.kind === 'spent' && running.flow.kind === 'waiting_for_browser') {",
    tests: ['test/integration/attacks/sign-in.test.ts', 'test/unit/core/connections/flows.test.ts'],
  },
  {
    name: 'a refresh leaves without its note on disk',
    file: 'electron/core/connections/refresh/refresh.ts',
    find: 'refreshStartedAt: current.refreshStartedAt ?? deps.clock.now(),',
    replace: 'refreshStartedAt: current.refreshStartedAt,',
    tests: [
      'test/unit/core/connections/rotation.test.ts',
      'test/unit/core/connections/token-service.test.ts',
    ],
  },
  {
    name: 'a refusal of a refresh is believed at once',
    file: 'electron/core/connections/refresh/refresh.ts',
    find: "if (first.kind === 'refused') {",
    replace: "if (first.kind === 'refused' && record.id === '') {",
    tests: [
      'test/unit/core/connections/rotation.test.ts',
      'test/unit/core/connections/token-service.test.ts',
    ],
  },
  {
    name: 'each caller starts a refresh of its own',
    file: 'electron/core/connections/refresh/coordinator.ts',
    find: 'calls.get(id)?.shared ?? take(id, start())',
    replace: 'take(id, start())',
    tests: ['test/unit/core/connections/token-service.test.ts', 'test/integration/concurrency.test.ts'],
  },
  {
    name: 'the token that was just refused is handed out again',
    file: 'electron/core/connections/tokens/service.ts',
    find: 'return Math.max(0, before.at + MIN_MS - clock.monotonicMs())',
    replace: 'return LEAST_MS',
    tests: ['test/unit/core/connections/forced-refresh-limit.test.ts'],
  },
  {
    name: 'an app moves where the client secret is sent',
    file: 'electron/http/security/provider-changes.ts',
    find: '  /^secondaryScopes$/,',
    replace: '  /^secondaryScopes$/,\n  /^spec\\.token/,',
    tests: ['test/integration/provider-changes.test.ts'],
  },
  {
    name: 'a part of a secret is shown',
    file: 'electron/core/secret-traces.ts',
    find: 'const FRAGMENT = 12',
    replace: 'const FRAGMENT = 4000',
    tests: ['test/unit/core/secret-traces.test.ts'],
  },
  {
    name: 'a method named in the query counts for nothing',
    file: 'electron/http/proxy/parse.ts',
    find: 'found.push(...methodsIn(new URLSearchParams(query)))',
    replace: 'found.push()',
    tests: ['test/integration/attacks/hostile-upstreams.test.ts'],
  },
]
