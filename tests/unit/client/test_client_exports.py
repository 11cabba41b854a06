import subprocess
import sys

import taskatlas_client
from taskatlas_client import _errors, _types


def public_names(module):
    return {
        name
        for name, value in vars(module).items()
        if isinstance(value, type)
        and value.__module__.startswith(module.__name__)
        and not name.startswith("_")
    }


def test_all_is_sorted_and_every_name_exists():
    assert taskatlas_client.__all__ == sorted(taskatlas_client.__all__)
    assert all(hasattr(taskatlas_client, name) for name in taskatlas_client.__all__)


def test_every_type_and_error_is_exported():
    assert public_names(_errors) | public_names(_types) <= set(taskatlas_client.__all__)


def test_every_error_is_a_taskatlas_error():
    errors = [getattr(taskatlas_client, name) for name in public_names(_errors)]
    assert all(issubclass(error, taskatlas_client.TaskAtlasError) for error in errors)


def test_import_needs_httpx_and_nothing_else_of_ours():
    code = "import sys, taskatlas_client; print({'torch', 'numpy', 'app', 'models'} & set(sys.modules))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "set()"
