document.getElementById('host').textContent = new URL(location.href).searchParams.get('host') ?? '';
