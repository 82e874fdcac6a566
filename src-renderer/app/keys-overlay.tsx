import { useStore } from 'zustand'
import { appStore, showOverlay } from '../state/app-store.ts'
import { activeCommands, type Command, commandGroups, commandsStore } from '../state/commands.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Kbd } from '../ui/kbd.tsx'
import './keys-overlay.css'

/** Every key that does something right now, from the registered commands themselves. */
export function KeysOverlay() {
  const open = useStore(appStore, (state) => state.overlay === 'keys')
  const commands = useStore(commandsStore, (state) => state.commands)
  const groups = commandGroups(activeCommands(commands).filter(hasKey))
  return (
    <Dialog open={open} onClose={() => showOverlay(null)} title="Keyboard shortcuts" width={720}>
      <div className="bk-keylist">
        {groups.map(([group, members]) => (
          <section key={group}>
            <h3>{group}</h3>
            {members.map((command) => (
              <div key={command.id} className="bk-keylist-row">
                <span>{command.name}</span>
                <span className="bk-keylist-keys">
                  {command.keys?.map((keys) => (
                    <Kbd key={keys} keys={keys} />
                  ))}
                </span>
              </div>
            ))}
          </section>
        ))}
      </div>
    </Dialog>
  )
}

function hasKey(command: Command): boolean {
  return command.keys !== undefined && command.keys.length > 0
}
