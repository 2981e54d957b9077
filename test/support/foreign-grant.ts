// A refresh token that was made elsewhere, as somebody brings it along from another tool.
import type { RealLocal } from './local-api.ts'
import { signInWithHttp } from './user-agent.ts'

/** A second grant of the same provider, got without Keyway: its refresh token. */
export async function grantOf(local: RealLocal): Promise<{ tokens: string }> {
  const { clientId, clientSecret } = local.practice.clients.basic
  const redirect = `${local.url}/oauth2/callback`
  const url = new URL(`${local.practice.issuer}/authorize`)
  const metadata = (await (
    await fetch(`${local.practice.issuer}/.well-known/openid-configuration`)
  ).json()) as {
    authorization_endpoint: string
    token_endpoint: string
  }
  url.href = metadata.authorization_endpoint
  url.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirect,
    scope: 'openid offline_access files.read',
    prompt: 'consent',
    state: 'elsewhere',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }).toString()
  const outcome = await signInWithHttp(url.href, { account: 'grace@example.test', stopAtCallback: true })
  if (outcome.kind !== 'stopped') throw new Error(JSON.stringify(outcome))
  const answer = await fetch(metadata.token_endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret ?? ''}`)}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: new URL(outcome.callbackUrl).searchParams.get('code') ?? '',
      redirect_uri: redirect,
      code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    }),
  })
  const { refresh_token: tokens } = (await answer.json()) as { refresh_token: string }
  return { tokens }
}
