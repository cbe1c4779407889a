// The form of what comes out -> fields of a request.

// Pairs of a name and a value; what is left out is as the service has it.
export function readWishes(form) {
  const { result, crop, background, colour, picture } = form.elements;
  const wishes = [];
  if (crop.checked) wishes.push(["crop", "true"]);
  if (result.value === "mask") {
    wishes.push(["mask", "true"]);
  } else if (background.value === "colour") {
    wishes.push(["background", colour.value]);
  } else if (background.value === "picture" && picture.files.length) {
    wishes.push(["background", picture.files[0]]);
  } else if (background.value === "blur") {
    wishes.push(["background", "blur"]);
  }
  return wishes;
}

// A mask has no background.
export function showFitting(form) {
  form.querySelector("#behind").disabled = form.elements.result.value === "mask";
}
