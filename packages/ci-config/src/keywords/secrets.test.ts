import { describe, expect, it } from 'vitest'
import { parsed } from '../testing.ts'

const braced = (name: string): string => `\${${name}}`

describe('secrets', () => {
  const known = { variableKeys: ['VAULT_SERVER_URL'] }

  it('writes out the short form of a Vault secret', () => {
    const secrets = { DB: { vault: 'production/db/password@ops', token: '$JWT', file: false } }
    const variables = { VAULT_AUTH_ROLE: 'r', VAULT_NAMESPACE: 'n', VAULT_AUTH_PATH: 'p' }
    expect(parsed({ secrets, variables }, known).secrets).toEqual({
      DB: {
        vault: {
          server: {
            url: braced('VAULT_SERVER_URL'),
            namespace: braced('VAULT_NAMESPACE'),
            auth: {
              name: 'jwt',
              path: braced('VAULT_AUTH_PATH'),
              data: { jwt: '$JWT', role: braced('VAULT_AUTH_ROLE') },
            },
          },
          engine: { name: 'kv-v2', path: 'ops' },
          path: 'production/db',
          field: 'password',
        },
        file: false,
      },
    })
  })

  it('uses the default engine and the known settings of the server', () => {
    expect(parsed({ secrets: { DB: { vault: 'db/password', token: '$JWT' } } }, known).secrets).toMatchObject({
      DB: {
        vault: {
          server: { auth: { name: 'jwt', path: 'jwt', data: { jwt: '$JWT' } } },
          engine: { name: 'kv-v2', path: 'kv-v2' },
        },
      },
    })
  })

  it('accepts a server that is written out', () => {
    const vault = {
      server: { url: 'https://vault.example', auth: { name: 'jwt', path: 'jwt', data: { jwt: '$T', role: 'r' } } },
      engine: { name: 'kv-v1', path: 'ops' },
      path: 'a',
      field: 'b',
    }
    expect(parsed({ secrets: { A: { vault } } }).secrets).toEqual({ A: { vault } })
  })

  it.each([
    [
      { gcp_secret_manager: { name: 'n', version: 2 } },
      [
        'GCP_PROJECT_NUMBER',
        'GCP_WORKLOAD_IDENTITY_FEDERATION_POOL_ID',
        'GCP_WORKLOAD_IDENTITY_FEDERATION_PROVIDER_ID',
      ],
      {
        gcp_secret_manager: {
          name: 'n',
          version: '2',
          server: { project_number: braced('GCP_PROJECT_NUMBER'), jwt: '$JWT' },
        },
      },
    ],
    [
      { azure_key_vault: { name: 'n' } },
      ['AZURE_CLIENT_ID', 'AZURE_TENANT_ID', 'AZURE_KEY_VAULT_SERVER_URL'],
      { azure_key_vault: { name: 'n', server: { url: braced('AZURE_KEY_VAULT_SERVER_URL'), jwt: '$JWT' } } },
    ],
    [
      { aws_secrets_manager: 'prod/db#password' },
      ['AWS_REGION', 'AWS_ROLE_ARN'],
      {
        aws_secrets_manager: {
          secret_id: 'prod/db',
          field: 'password',
          server: { region: braced('AWS_REGION'), role_arn: braced('AWS_ROLE_ARN'), jwt: '$JWT' },
        },
      },
    ],
  ])('makes the server of %j out of variables', (secret, variableKeys, expected) => {
    const secrets = { A: { ...secret, token: '$JWT' } }
    expect(parsed({ secrets }, { variableKeys }).secrets).toMatchObject({ A: expected })
  })

  it('accepts the wire form of the GitLab secrets manager', () => {
    const gitlab_secrets_manager = {
      server: { url: 'https://bao.example', inline_auth: { path: 'p', jwt: 'j', role: 'r' } },
      engine: { name: 'kv-v2', path: 'x' },
      path: 'a',
      field: 'b',
    }
    expect(parsed({ secrets: { A: { gitlab_secrets_manager } } }).secrets).toEqual({ A: { gitlab_secrets_manager } })
  })
})
