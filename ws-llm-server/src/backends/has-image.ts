/** Whether a request shows the model a picture. */
import type { BackendMessage } from '../backend.ts';

/** Whether a model must see to answer. */
export function hasImage({ content }: BackendMessage): boolean {
  return typeof content !== 'string' && content.some((part) => part.type === 'image_url');
}
