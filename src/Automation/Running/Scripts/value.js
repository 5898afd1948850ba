// What an element shows: an attribute of it, the value of a field, else its text.
(e, attribute) => attribute ? e.getAttribute(attribute)
  : e.tagName === 'SELECT' ? [...e.selectedOptions].map((o) => o.textContent.trim()).join(', ')
  : e.matches('input[type=checkbox],input[type=radio]') ? String(e.checked)
  : e.matches('input,textarea') ? e.value : e.innerText
