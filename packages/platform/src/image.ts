import { imageRecipe } from '@sbmcrm/engines/catalog';
import { cachedImage, type Image } from '@sbmcrm/local';

/** What the image of all hosts has. */
export const RECIPE = imageRecipe();

/** The image of hosts, or undefined if it has to be built first. */
export function hostImage(): Image | undefined {
  return cachedImage(RECIPE);
}
