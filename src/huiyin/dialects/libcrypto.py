"""The part of OpenSSL 3 that the gateways need, through cffi: SM2 as an ``EVP_PKEY``. Pure.

Only functions of the documented, stable interface are named here. OpenSSL refuses a point that is
not on the curve and a text whose hash does not fit, and multiplies in constant time.
"""

from __future__ import annotations

import ctypes.util
from functools import cache
from typing import Any

from cffi import FFI

# What a Linux distribution calls the library that Python's own ssl module stands on.
_NAMES = ("libcrypto.so.3", "libcrypto.so.4", "libcrypto.3.dylib")
_OLDEST = 0x30000000

ffi = FFI()
ffi.cdef("""
    typedef struct evp_pkey_st EVP_PKEY;
    typedef struct evp_pkey_ctx_st EVP_PKEY_CTX;
    typedef struct ossl_param_st OSSL_PARAM;
    typedef struct ossl_param_bld_st OSSL_PARAM_BLD;
    typedef struct bignum_st BIGNUM;

    unsigned long OpenSSL_version_num(void);
    void ERR_clear_error(void);

    BIGNUM *BN_bin2bn(const unsigned char *s, int len, BIGNUM *ret);
    void BN_clear_free(BIGNUM *a);
    OSSL_PARAM_BLD *OSSL_PARAM_BLD_new(void);
    void OSSL_PARAM_BLD_free(OSSL_PARAM_BLD *bld);
    int OSSL_PARAM_BLD_push_utf8_string(OSSL_PARAM_BLD *bld, const char *key, const char *buf,
                                        size_t bsize);
    int OSSL_PARAM_BLD_push_octet_string(OSSL_PARAM_BLD *bld, const char *key, const void *buf,
                                         size_t bsize);
    int OSSL_PARAM_BLD_push_BN(OSSL_PARAM_BLD *bld, const char *key, const BIGNUM *bn);
    OSSL_PARAM *OSSL_PARAM_BLD_to_param(OSSL_PARAM_BLD *bld);
    void OSSL_PARAM_free(OSSL_PARAM *params);

    EVP_PKEY_CTX *EVP_PKEY_CTX_new_from_name(void *libctx, const char *name, const char *query);
    EVP_PKEY_CTX *EVP_PKEY_CTX_new_from_pkey(void *libctx, EVP_PKEY *pkey, const char *query);
    void EVP_PKEY_CTX_free(EVP_PKEY_CTX *ctx);
    int EVP_PKEY_fromdata_init(EVP_PKEY_CTX *ctx);
    int EVP_PKEY_fromdata(EVP_PKEY_CTX *ctx, EVP_PKEY **ppkey, int selection, OSSL_PARAM param[]);
    void EVP_PKEY_free(EVP_PKEY *pkey);
    int EVP_PKEY_public_check(EVP_PKEY_CTX *ctx);
    int EVP_PKEY_pairwise_check(EVP_PKEY_CTX *ctx);

    typedef struct ec_group_st EC_GROUP;
    typedef struct ec_point_st EC_POINT;
    EC_GROUP *EC_GROUP_new_by_curve_name(int nid);
    void EC_GROUP_free(EC_GROUP *group);
    EC_POINT *EC_POINT_new(const EC_GROUP *group);
    void EC_POINT_clear_free(EC_POINT *point);
    int EC_POINT_mul(const EC_GROUP *group, EC_POINT *r, const BIGNUM *n, const EC_POINT *q,
                     const BIGNUM *m, void *ctx);
    size_t EC_POINT_point2oct(const EC_GROUP *group, const EC_POINT *p, int form,
                              unsigned char *buf, size_t len, void *ctx);

    int EVP_PKEY_decrypt_init(EVP_PKEY_CTX *ctx);
    int EVP_PKEY_decrypt(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *outlen,
                         const unsigned char *in, size_t inlen);
    int EVP_PKEY_encrypt_init(EVP_PKEY_CTX *ctx);
    int EVP_PKEY_encrypt(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *outlen,
                         const unsigned char *in, size_t inlen);
""")


class Missing(Exception):
    """There is no OpenSSL 3 here that knows SM2."""


@cache
def lib() -> Any:
    """The library. Raises ``Missing``."""
    found = ctypes.util.find_library("crypto")
    for name in (*_NAMES, *([found] if found else ())):
        try:
            opened = ffi.dlopen(name)
        except OSError:
            continue
        if opened.OpenSSL_version_num() >= _OLDEST:
            return opened
    raise Missing("no libcrypto of OpenSSL 3 or later can be loaded")
