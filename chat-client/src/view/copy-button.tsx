/** Puts a text on the clipboard and says so for a moment. */
import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

const shownMs = 1_800;

type Copied = 'no' | 'yes' | 'refused';

const labels = { no: 'Copy', yes: 'Copied', refused: 'Not allowed to copy' } as const;

export function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState<Copied>('no');
  useEffect(() => {
    if (copied === 'no') return;
    const timer = setTimeout(() => setCopied('no'), shownMs);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (): Promise<void> => setCopied((await copyText(text)) ? 'yes' : 'refused');
  return (
    <button type="button" class="quiet-button" onClick={() => void copy()}>
      <Icon name={copied === 'yes' ? 'check' : 'copy'} />
      <span aria-live="polite">{labels[copied]}</span>
    </button>
  );
}

/** Pages served without encryption have no `navigator.clipboard`, and sandboxed frames may not use it. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'visually-hidden';
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  return done;
}
