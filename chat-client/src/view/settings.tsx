/** The popover with the server's address. Checks the address; its caller connects and remembers. */
import { useId, useRef, useState } from 'preact/hooks';
import { defaultAddress, parseAddress } from '../logic/address.ts';
import { Icon } from './icon.tsx';

export interface SettingsProps {
  address: string;
  /** Undefined: back to the default. */
  onAddress: (address: string | undefined) => void;
}

export function Settings({ address, onAddress }: SettingsProps) {
  const popover = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState(false);
  const ids = useId();
  const byDefault = defaultAddress(window.location);

  const choose = (chosen: string | undefined): void => {
    popover.current?.hidePopover();
    onAddress(chosen);
  };
  // Buttons and keys instead of a form: sandboxed frames submit none.
  const connect = (): void => {
    const parsed = parseAddress(field.current?.value ?? '');
    setWrong(parsed === undefined);
    if (parsed === undefined) field.current?.focus();
    else choose(parsed);
  };
  const prepare = (event: Event): void => {
    if (!(event instanceof ToggleEvent) || event.newState !== 'open' || field.current === null) return;
    field.current.value = address;
    setWrong(false);
  };

  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label="Settings"
        title="Settings"
        popovertarget={`${ids}settings`}
      >
        <Icon name="settings" />
      </button>
      <div
        id={`${ids}settings`}
        class="popover"
        popover="auto"
        role="dialog"
        aria-label="Settings"
        ref={popover}
        onBeforeToggle={prepare}
      >
        <label class="field-label" for={`${ids}address`}>
          Server address
        </label>
        <input
          id={`${ids}address`}
          class="field"
          type="url"
          inputMode="url"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          autofocus
          aria-invalid={wrong}
          aria-describedby={`${ids}hint`}
          ref={field}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.isComposing) return;
            // Closing moves the focus to the Settings button, which the same key press would press.
            event.preventDefault();
            connect();
          }}
        />
        <p
          id={`${ids}hint`}
          class={wrong ? 'popover-text wrong' : 'popover-text'}
          role={wrong ? 'alert' : undefined}
        >
          {wrong ? 'This is not an address. An address looks like this: ' : 'The default is '}
          <span class="address">{byDefault}</span>
        </p>
        <div class="popover-actions">
          <button type="button" class="button" onClick={() => choose(undefined)}>
            Use the default
          </button>
          <button type="button" class="button button-accent" onClick={connect}>
            Connect
          </button>
        </div>
      </div>
    </>
  );
}
