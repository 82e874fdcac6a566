import { Dialog } from '@base-ui/react/dialog'
import { defaultFilter, Command as Menu } from 'cmdk'
import { useState } from 'react'
import { useStore } from 'zustand'
import { appStore, showOverlay } from '../state/app-store.ts'
import { activeCommands, type Command, commandGroups, commandsStore, runNow } from '../state/commands.ts'
import { Kbd } from '../ui/kbd.tsx'
import './command-palette.css'

/** Every command by name, with its key. Drawn from what is registered, so it offers only what works here. */
export function CommandPalette() {
  const open = useStore(appStore, (state) => state.overlay === 'palette')
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && showOverlay(null)}>
      <Dialog.Portal>
        <Dialog.Backdrop className="bk-scrim" />
        <Dialog.Popup className="bk-dialog bk-palette" data-modal aria-label="Command palette">
          <PaletteList />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function PaletteList() {
  const commands = useStore(commandsStore, (state) => state.commands)
  const offered = activeCommands(commands).filter((command) => command.keysOnly !== true)
  const groups = commandGroups(offered)
  const [search, setSearch] = useState('')
  return (
    <Menu label="Commands" loop filter={scoreOf}>
      <Menu.Input
        className="bk-palette-input"
        placeholder="What would you like to do?"
        value={search}
        onValueChange={setSearch}
        autoFocus
      />
      <Menu.List className="bk-palette-list" label="Commands">
        <Menu.Empty className="bk-palette-empty">No command has that name.</Menu.Empty>
        {/* Headings order what one looks through; once something is typed the best match comes first. */}
        {search.trim() !== ''
          ? offered.map((command) => <PaletteItem key={command.id} command={command} />)
          : groups.map(([group, members]) => (
              <Menu.Group key={group} heading={group}>
                {members.map((command) => (
                  <PaletteItem key={command.id} command={command} />
                ))}
              </Menu.Group>
            ))}
      </Menu.List>
    </Menu>
  )
}

/** By a command's name and group: its id is nothing that anybody types. */
function scoreOf(_id: string, search: string, [name = '', ...more]: string[] = []): number {
  return defaultFilter(name, search, more)
}

function PaletteItem({ command }: { readonly command: Command }) {
  const choose = () => {
    // Closed first: what the command opens must not be closed by the palette going.
    showOverlay(null)
    runNow(command)
  }
  return (
    <Menu.Item
      className="bk-palette-item"
      value={command.id}
      keywords={[command.name, command.group]}
      onSelect={choose}
    >
      {command.name}
      {command.keys?.[0] !== undefined && <Kbd keys={command.keys[0]} />}
    </Menu.Item>
  )
}
