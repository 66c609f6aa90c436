import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { trpc } from '../../lib/api.ts'
import { gatewayPath } from '../../lib/base.ts'
import { Empty } from '../ui/page.tsx'
import { Takeaway } from '../ui/secret.tsx'

/** Creates a pipeline from the configuration in the current directory. */
const command = (): string =>
  `jq -n --rawfile content .gitlab-ci.yml '{$content}' |
  curl --fail-with-body -H "Authorization: Bearer $ADMIN_TOKEN" -H 'Content-Type: application/json' -d @- \\
    ${window.location.origin}${gatewayPath('/api/admin/v1/pipelines')}`

/** Tells how to create the first pipeline. */
export function NoPipelines() {
  const { data: limits } = useQuery(trpc.settings.limits.queryOptions())
  return (
    <Empty title="No pipelines yet">
      <p className="text-soft">
        Write a configuration and run it on{' '}
        <Link to="/lint" className="underline">
          the lint page
        </Link>
        , or create a pipeline from the one in the current directory with this command:
      </p>
      <div className="w-full text-left">
        <Takeaway text={command()} label="Copy the command that creates a pipeline" />
      </div>
      {limits && (
        <>
          <p className="text-soft">
            To watch a sample instead, run this one in a second terminal, in the directory where Yardmaster was started:
          </p>
          <div className="w-full text-left">
            <Takeaway text={limits.demoCommand} label="Copy the command of the demo" />
          </div>
        </>
      )}
    </Empty>
  )
}
